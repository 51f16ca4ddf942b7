# What was understood: the summary, decisions and next steps.

gist-summary = Summary
gist-longer = The longer summary
gist-listen = Listen at
gist-decisions = Decisions
gist-next-steps = Next steps
gist-edited = Edited
gist-extractive = Extractive summary
gist-by-model = Summary by { $model }
