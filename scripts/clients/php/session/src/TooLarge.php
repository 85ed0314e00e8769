<?php

declare(strict_types=1);

namespace MemcachedSoap\Session;

/** The session is larger than the service stores. The message names the largest change. */
final class TooLarge extends SessionException
{
    /**
     * @param int $limit  the largest size in bytes
     * @param int $actual the size in bytes of what was refused
     */
    public function __construct(
        string $message,
        public readonly int $limit = 0,
        public readonly int $actual = 0,
        ?\Throwable $previous = null,
    ) {
        parent::__construct($message, 0, $previous);
    }
}
