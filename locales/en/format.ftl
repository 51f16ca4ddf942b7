# Lengths and sizes.

format-seconds = { $count ->
    [one] { $count } second
   *[other] { $count } seconds
}
format-minutes = { $count ->
    [one] { $count } minute
   *[other] { $count } minutes
}
format-hours = { $hours } h { $minutes } min
format-left-little = a few seconds left
format-left-seconds = about { $count } s left
format-left-minutes = about { $count } min left
format-left-hours = about { $count } h left
format-bytes = { $number } B
format-kilobytes = { $number } kB
format-megabytes = { $number } MB
format-gigabytes = { $number } GB
