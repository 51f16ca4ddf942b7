# Keyboard shortcuts.

keys-title = Keyboard shortcuts
keys-close = Close
keys-space = Space
keys-play = Play, pause
keys-five = 5 seconds back, forward
keys-ten = 10 seconds back, forward
keys-paragraph = Paragraph before, after
keys-topic = Topic before, after
keys-speed = Slower, faster
keys-repeat = Repeat what is selected, or this paragraph; again: stop
keys-selected = To what can be done with selected words
keys-quote = Quote selected words as a link
keys-back = Back to what is playing
keys-edit = Edit the text; done
keys-doubtful = Go through doubtful words
keys-notes = Write notes
keys-find = Find in the text
keys-list = This list
keys-hint = In the text (reach it with <kbd>Tab</kbd>): <kbd>←</kbd> <kbd>→</kbd> choose a word, <kbd>↑</kbd> <kbd>↓</kbd> a paragraph, <kbd>Enter</kbd> plays from it, <kbd>Shift</kbd> <kbd>←</kbd> <kbd>→</kbd> selects words. On the waveform: <kbd>←</kbd> <kbd>→</kbd> 5 seconds, <kbd>Page ↑</kbd> <kbd>Page ↓</kbd> half a minute, <kbd>Home</kbd> <kbd>End</kbd>.
keys-use = Use these keys
