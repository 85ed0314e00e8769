<?php

declare(strict_types=1);

namespace MemcachedSoap\Session;

/**
 * The session has another version than the change requires, or the id is taken.
 *
 * @internal
 */
final class Changed extends SessionException
{
}
