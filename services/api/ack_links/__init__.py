"""Links in messages: whoever was told takes the incident up, logged in or not."""
