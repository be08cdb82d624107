"""The rota: who is on duty where, in which role, when."""
