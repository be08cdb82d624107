"""What is for one person alone and holds a secret: how it leaves its outbox, and is emptied."""
