<?php

declare(strict_types=1);

/** Ends the program unless the condition holds. */
function check(bool $holds, string $what): void
{
    if (!$holds) {
        fwrite(STDERR, "failed: $what\n");
        exit(1);
    }
}

/** Returns the path of the first difference, or null if the values are equal. */
function difference(mixed $got, mixed $want, string $path = ''): ?string
{
    if ($got instanceof stdClass && $want instanceof stdClass) {
        [$got, $want] = [get_object_vars($got), get_object_vars($want)];
    } elseif (!is_array($got) || !is_array($want)) {
        return $got === $want ? null : $path;
    }
    foreach ($got + $want as $key => $_) {
        if (!array_key_exists($key, $got) || !array_key_exists($key, $want)) {
            return "$path/$key";
        }
        $difference = difference($got[$key], $want[$key], "$path/$key");
        if ($difference !== null) {
            return $difference;
        }
    }
    return null;
}

/** Makes the call, which must fail, and returns the fields of the named fault. */
function fault(string $name, callable $call): object
{
    try {
        $call();
    } catch (SoapFault $fault) {
        check(isset($fault->detail->$name), "the fault must be $name, but is " . $fault->getMessage());
        return $fault->detail->$name;
    }
    check(false, "the fault $name is thrown");
}
