"""The devices of a zone that is not watched: which of them stopped, and how."""
