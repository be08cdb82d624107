"""Which incidents somebody asks for; API and board narrow alike."""
