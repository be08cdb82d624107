"""What happens to the system in a run (FAULTS §2.1-2.3): each has the name of what it does.

A fault ends with everything in its place again; what it broke recovers by itself.
"""
