<?php

declare(strict_types=1);

namespace MemcachedSoap\Session;

/** A session as it was read: what later changes are compared with. */
final class Snapshot
{
    /**
     * @param string                                      $version of the content
     * @param array<string, object|array<string, mixed>>  $stored  all attributes as they are stored, by name
     * @param array<string, mixed>                        $visible the values that the framework sees, by name
     */
    public function __construct(public string $version, public array $stored, public array $visible)
    {
    }
}
