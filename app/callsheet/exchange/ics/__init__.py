"""iCalendar: the rep's calendar as a file or a folder, invitations out, and answers in."""
