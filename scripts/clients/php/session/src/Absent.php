<?php

declare(strict_types=1);

namespace MemcachedSoap\Session;

/**
 * There is no session that can be used: it is not stored, it was deleted, or it cannot be
 * read. Page turns it into an empty session, or drops the change; applications do not see it.
 *
 * @internal
 */
final class Absent extends SessionException
{
}
