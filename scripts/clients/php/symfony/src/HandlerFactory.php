<?php

declare(strict_types=1);

namespace MemcachedSoap\Symfony;

use MemcachedSoap\Session\Handler;
use MemcachedSoap\Session\Options;

/** Makes the save handler for framework.session.handler_id. */
final class HandlerFactory
{
    /** The key below which Symfony keeps the attributes of a session. */
    private const ATTRIBUTES = '_sf2_attributes';

    /**
     * Makes a handler that stores each attribute of Symfony's session on its own, so that
     * parallel requests keep each other's changes.
     *
     * @param array<string, mixed> $options see README.md
     *
     * @throws \InvalidArgumentException
     */
    public static function create(#[\SensitiveParameter] array $options): Handler
    {
        // Symfony sets the cookie, and flushes the output after it has stored the session.
        return new Handler(Options::of($options + ['app' => 'symfony']), self::ATTRIBUTES);
    }
}
