"""What had to be watched when: requirements with their calendars, taken apart."""
