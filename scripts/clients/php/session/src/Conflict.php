<?php

declare(strict_types=1);

namespace MemcachedSoap\Session;

/** Other pages have changed an exact key, or have taken an id. The message says which. */
final class Conflict extends SessionException
{
}
