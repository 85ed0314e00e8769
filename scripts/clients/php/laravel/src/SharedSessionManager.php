<?php

declare(strict_types=1);

namespace MemcachedSoap\Laravel;

use Illuminate\Session\SessionManager;
use MemcachedSoap\Session\Options;

/** Makes the session store of the driver memcachedsoap; all other drivers are Laravel's. */
final class SharedSessionManager extends SessionManager
{
    public const DRIVER = 'memcachedsoap';

    /** @throws \InvalidArgumentException for a setting that cannot work */
    protected function createMemcachedsoapDriver(): SharedStore
    {
        if ($this->config->get('session.encrypt')) {
            throw new \InvalidArgumentException('memcachedsoap session: set session.encrypt to false: other languages read the session');
        }
        $options = (array) $this->config->get('memcachedsoap', []);
        $previousUrl = (bool) ($options['previous_url'] ?? true);
        unset($options['previous_url']);
        $options += ['app' => 'laravel', 'ttl' => 60 * (int) $this->config->get('session.lifetime')];
        return new SharedStore((string) $this->config->get('session.cookie'), Options::of($options), $previousUrl);
    }
}
