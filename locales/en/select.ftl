# What can be done with selected words.

select-title = Selected words
select-play = Play
select-repeat = Repeat
select-copy = Copy with time
select-quote = Quote as a link
select-who = Who says these words
select-by-hand = The browser does not let this page copy. The text is marked: copy it with Ctrl+C, ⌘C or the browser’s menu.
select-enter = Enter gives the words to this voice.
