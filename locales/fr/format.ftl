# Lengths and sizes.

format-seconds = { $count ->
    [one] { $count } seconde
   *[other] { $count } secondes
}
format-minutes = { $count ->
    [one] { $count } minute
   *[other] { $count } minutes
}
format-hours = { $hours } h { $minutes } min
format-left-little = encore quelques secondes
format-left-seconds = encore { $count } s environ
format-left-minutes = encore { $count } min environ
format-left-hours = encore { $count } h environ
format-bytes = { $number } o
format-kilobytes = { $number } ko
format-megabytes = { $number } Mo
format-gigabytes = { $number } Go
