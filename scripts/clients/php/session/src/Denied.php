<?php

declare(strict_types=1);

namespace MemcachedSoap\Session;

/** The service refuses the credentials, or the caller lacks a role. */
final class Denied extends SessionException
{
}
