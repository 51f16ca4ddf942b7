# What can be done with selected words.

select-title = Selected words
select-play = Play
select-repeat = Repeat
select-copy = Copy with time
select-quote = Quote as a link
select-who = Who says these words
select-enter = Enter gives the words to this voice.
