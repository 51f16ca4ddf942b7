# Finding and replacing in the text.

find-open = Find
find-region = In this text
find-text = Find in the text
find-before = The one before
find-after = The next one
find-close = Close
find-whole-words = Whole words only
find-case = Capitals as written
find-replace-with = Replace with
find-replace-one = Replace
find-replace-all = Replace everywhere
