"""Approved mutes and maintenance: whom nobody tells meanwhile, and who hears when it is over."""
