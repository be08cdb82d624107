"""What must be watched when, as it is on record: dated requirements and their calendars."""
