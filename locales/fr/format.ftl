# Dates, lengths and sizes.

# { $year } and { $time } are written already, as 2026 and 14:05.
format-date = { $day ->
    [1] 1er
   *[other] { $day }
} { $month ->
    [1] janvier
    [2] février
    [3] mars
    [4] avril
    [5] mai
    [6] juin
    [7] juillet
    [8] août
    [9] septembre
    [10] octobre
    [11] novembre
   *[12] décembre
} { $year }
format-date-time = { $date } à { $time }
# What stands before tenths.
format-decimal = ,
format-seconds = { $count ->
    [one] { $count } seconde
   *[other] { $count } secondes
}
format-minutes = { $count ->
    [one] { $count } minute
   *[other] { $count } minutes
}
format-hours = { $hours } h { $minutes } min
format-left-little = encore quelques secondes
format-left-seconds = encore { $count } s environ
format-left-minutes = encore { $count } min environ
format-left-hours = encore { $count } h environ
format-bytes = { $number } o
format-kilobytes = { $number } ko
format-megabytes = { $number } Mo
format-gigabytes = { $number } Go
