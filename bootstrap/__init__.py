"""What an account needs before the platform can be delivered to it: made once, by a person, then left alone."""
