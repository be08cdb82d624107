"""What the policy table says, written down a second time; and whether a slip in it is noticed."""
