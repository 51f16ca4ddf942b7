# What of the real one is asked for: a way in for the driver of the tests, which nothing here looks at.
{ }
