"""The facility gateway: cameras and sensors become heartbeats."""
