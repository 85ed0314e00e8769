<?php

declare(strict_types=1);

namespace MemcachedSoap\Session;

/**
 * The service, or the memcached behind it, does not answer. After a change it may be
 * unknown whether the change was stored.
 */
final class Unavailable extends SessionException
{
    /** @param int $retryAfter seconds after which a new attempt makes sense */
    public function __construct(string $message, public readonly int $retryAfter = 1, ?\Throwable $previous = null)
    {
        parent::__construct($message, 0, $previous);
    }

    public function status(): int
    {
        return 503;
    }
}
