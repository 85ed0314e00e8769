<?php

declare(strict_types=1);

namespace MemcachedSoap\Session;

/** Session ids: hexadecimal digits. */
final class Id
{
    /** Makes an id of 32 digits from the random numbers of the operating system. */
    public static function make(): string
    {
        return bin2hex(random_bytes(16));
    }

    /**
     * Reports whether a text from outside may be an id: 32 to 64 lower-case hexadecimal
     * digits. Nothing else is sent to the service.
     */
    public static function isValid(#[\SensitiveParameter] mixed $text): bool
    {
        return is_string($text) && preg_match('/\A[0-9a-f]{32,64}\z/', $text) === 1;
    }
}
