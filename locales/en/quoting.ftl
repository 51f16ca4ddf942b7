# Making links to a few seconds of a transcript, listing them, taking them back.

quoting-title = Quote as a link
quoting-hint = Whoever has the link reads these words, hears these seconds, and finds no way to the rest. No login is asked for.
quoting-life = It works for
quoting-day = A day
quoting-week = A week
quoting-month = A month
quoting-year = A year
quoting-make = Make the link
quoting-cancel = Cancel
quoting-link = Link
# A script fills in the time.
quoting-until = It works until <time data-quote-until></time>. It is shown this once: copy it now.
quoting-copy = Copy
quoting-take-back = Take back
quoting-done = Done
quoting-all = Links to parts of this transcript
quoting-links = Links to parts of it
quoting-links-hint = Such a link shows the words of a few seconds and plays them, to whoever has it and without a login: nothing else of the recording. On <a href="/transcripts/{ $id }">the transcript’s page</a>, select words and choose “Quote as a link”; or say here from when to when.
quoting-made = The link is made. It is shown this once: copy it now.
quoting-new-link = The new link
quoting-quoted = “{ $text }”
quoting-span = { $from } to { $to }
quoting-from = From
quoting-to = To
quoting-none = There are none. Make one here by its times, or on the transcript’s page from selected words.
quoting-silent = Nothing is said there.
quoting-made-at = made <time datetime="{ $iso }">{ $date }</time>
quoting-works-until = works until <time datetime="{ $iso }">{ $date }</time>
quoting-take-back-link = Take back the link to { $from } to { $to }
quoting-taken-back = The link is taken back: it shows nothing any more.
# A field of the form, and what is wrong with it, as the API says it.
quoting-wrong = “{ $field }” { $why }
