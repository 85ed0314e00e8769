<?php

declare(strict_types=1);

namespace MemcachedSoap\Laravel;

use MemcachedSoap\Session\Options;
use MemcachedSoap\Session\Page;
use MemcachedSoap\Session\Values;

/**
 * What Session::getHandler() returns: reads, changes and deletes sessions by their id. The
 * session of the request is that of SharedStore, which does not use it.
 */
final class SharedHandler implements \SessionHandlerInterface
{
    public function __construct(private readonly Options $options)
    {
    }

    public function open(string $path, string $name): bool
    {
        return true;
    }

    public function close(): bool
    {
        return true;
    }

    /** Returns the serialized session; '' if there is none. */
    public function read(#[\SensitiveParameter] string $id): string
    {
        $page = new Page($this->options);
        return $page->find($id) ? serialize($page->data()) : '';
    }

    /** Changes a session that is stored. Returns false if there is none. */
    public function write(#[\SensitiveParameter] string $id, #[\SensitiveParameter] string $data): bool
    {
        $page = new Page($this->options);
        if (!$page->find($id)) {
            return false;
        }
        $page->save((new Values($this->options->objects))->unserialize($data));
        return true;
    }

    public function destroy(#[\SensitiveParameter] string $id): bool
    {
        (new Page($this->options))->delete($id);
        return true;
    }

    /** Sessions expire in memcached. */
    public function gc(int $maxLifetime): int
    {
        return 0;
    }
}
