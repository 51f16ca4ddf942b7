# A quote, for whoever has its link.

quote-title = A quote
quote-no-words = Its words are not there at the moment.
quote-no-sound = Its sound is not kept any more.
quote-span = { $from } to { $to }
quote-until = This link works until <time datetime="{ $iso }">{ $date }</time>, unless it is taken back.
quote-gone = This quote is gone
quote-gone-why = Its link has run out, was taken back, or is not complete. Whoever sent it can make a new one.
