<?php

declare(strict_types=1);

namespace MemcachedSoap\Session;

/** A session holds what cannot be shared. The message names the key. */
final class Refused extends SessionException
{
}
