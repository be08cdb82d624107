"""The processes of giamsat, one folder each."""
