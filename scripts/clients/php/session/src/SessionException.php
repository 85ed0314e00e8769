<?php

declare(strict_types=1);

namespace MemcachedSoap\Session;

/**
 * Why a session could not be read or stored. No message has a session id or a value.
 */
abstract class SessionException extends \RuntimeException
{
    /** The HTTP status of a page that fails for this reason. */
    public function status(): int
    {
        return 500;
    }
}
