# Going through the words that the machine was not sure of.

review-title = Doubtful words
review-close = Close
review-what = What is said
review-right = Right
review-fix = Fix here
review-fix-all = Fix all alike
review-play = Play again
review-later = Later
review-again = Begin again
# Before the choice of how doubtful they must be.
review-below = Ask about
review-below-most = the most doubtful only
review-below-doubtful = doubtful words
review-below-slightly = slightly doubtful ones, too
review-undo = Undo
review-keys = <kbd>Enter</kbd> right, or fix; with <kbd>Shift</kbd> all alike; <kbd>Alt</kbd> <kbd>←</kbd> plays, <kbd>→</kbd> later
