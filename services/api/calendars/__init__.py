"""Watch calendars: the hours of a week in which something must be watched."""
