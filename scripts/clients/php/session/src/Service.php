<?php

declare(strict_types=1);

namespace MemcachedSoap\Session;

/**
 * Calls the service. Each method is one exchange; it throws Absent if there is no session
 * that can be used, Changed if the condition of a change is not met, and Unavailable,
 * Denied, TooLarge or Refused.
 */
final class Service
{
    private ?\SoapClient $client = null;

    public function __construct(private readonly Options $options)
    {
    }

    /**
     * Reads a session and gives it the idle time from now on.
     *
     * @param bool $touch false: the session keeps its expiry
     *
     * @return array{0: string, 1: array<string, object>} the version, and the attributes by name
     */
    public function get(#[\SensitiveParameter] string $id, bool $touch = true): array
    {
        $parameters = ['id' => $id, 'typed' => true] + ($touch ? ['ttl' => $this->options->ttl()] : []);
        $session = $this->call('getSession', $parameters);
        $attributes = [];
        foreach ($session->attributes->entry ?? [] as $entry) {
            $attributes[Values::name($entry->key)] = $entry;
        }
        return [$session->version, $attributes];
    }

    /**
     * Stores a new session. Changed: the id is taken.
     *
     * @param array<string, array<string, mixed>> $attributes by name
     *
     * @return string the version
     */
    public function create(#[\SensitiveParameter] string $id, #[\SensitiveParameter] array $attributes): string
    {
        return $this->call('setSession', [
            'id' => $id,
            'attributes' => self::entries($attributes),
            'ttl' => $this->options->ttl(),
            'updateOnly' => false,
            'onlyNew' => true,
        ] + $this->lifetime())->version;
    }

    /**
     * Changes attributes.
     *
     * @param array<string, array<string, mixed>> $set    by name
     * @param list<string>                        $remove names
     * @param bool                                $login  whether the absolute timeout begins again
     *
     * @return string the version
     */
    public function update(#[\SensitiveParameter] string $id, #[\SensitiveParameter] array $set, array $remove, ?string $ifVersion, bool $login): string
    {
        return $this->call('updateSession', [
            'id' => $id,
            'set' => self::entries($set),
            'remove' => ['key' => array_map(Values::wireName(...), $remove)],
            'ttl' => $this->options->ttl(),
        ] + ($ifVersion === null ? [] : ['ifVersion' => $ifVersion]) + ($login ? $this->lifetime() : []))->version;
    }

    /**
     * Gives a session another id and deletes the old one. Changed: the new id is taken.
     *
     * @return string the version
     */
    public function rename(#[\SensitiveParameter] string $id, #[\SensitiveParameter] string $newId): string
    {
        return $this->call('renameSession', ['id' => $id, 'newId' => $newId])->version;
    }

    /** Deletes a session. Returns false if there was none. */
    public function delete(#[\SensitiveParameter] string $id): bool
    {
        return $this->call('deleteSession', ['id' => $id]);
    }

    /** Deletes all sessions of a user and returns how many there were. */
    public function deleteAll(string $uid): int
    {
        return count($this->call('deleteSessions', ['principal' => $uid, 'attribute' => 'uid'])->id ?? []);
    }

    /**
     * @param array<string, array<string, mixed>> $attributes
     *
     * @return array<string, mixed>
     */
    private static function entries(#[\SensitiveParameter] array $attributes): array
    {
        $entries = [];
        foreach ($attributes as $name => $value) {
            $entries[] = ['key' => Values::wireName((string) $name)] + $value;
        }
        return ['entry' => $entries];
    }

    /** @return array<string, int> */
    private function lifetime(): array
    {
        return $this->options->lifetime === null ? [] : ['lifetime' => $this->options->lifetime];
    }

    /** @param array<string, mixed> $parameters */
    private function call(string $operation, #[\SensitiveParameter] array $parameters): mixed
    {
        // SoapClient has no option for how long it waits for an answer.
        $before = ini_set('default_socket_timeout', (string) $this->options->timeout);
        try {
            return $this->client()->__soapCall($operation, [$parameters])->{$operation . 'Result'} ?? throw new Unavailable('the session service gave no answer');
        } catch (\SoapFault $fault) {
            throw $this->translate($fault);
        } finally {
            if (is_string($before)) {
                ini_set('default_socket_timeout', $before);
            }
        }
    }

    /**
     * The WSDL is part of this package: PHP leaves out what its WSDL does not know, so an
     * old copy in a cache would make conditions such as onlyNew vanish.
     */
    private function client(): \SoapClient
    {
        if ($this->client !== null) {
            return $this->client;
        }
        $o = $this->options;
        $context = ['http' => ['header' => $o->key === null ? '' : 'Authorization: Bearer ' . $o->key]];
        if ($o->caFile !== null) {
            $context['ssl'] = ['cafile' => $o->caFile];
        }
        return $this->client = new \SoapClient(__DIR__ . '/session.wsdl', [
            'location' => $o->url,
            'features' => SOAP_SINGLE_ELEMENT_ARRAYS,
            'cache_wsdl' => WSDL_CACHE_MEMORY, // not in /tmp, where others may write
            'connection_timeout' => $o->timeout,
            'keep_alive' => true,
            'stream_context' => stream_context_create($context),
        ] + ($o->user === null ? [] : ['login' => $o->user, 'password' => $o->password]));
    }

    private function translate(\SoapFault $fault): SessionException
    {
        $detail = (array) ($fault->detail ?? null);
        $kind = (string) array_key_first($detail);
        $fields = $kind === '' ? null : $detail[$kind];
        return match ($kind) {
            'SessionNotFoundFault', 'InvalidSessionIdFault' => new Absent('not stored'),
            'SessionDeletedFault' => new Absent('logged out meanwhile'),
            'UnreadableSessionFault' => new Absent('stored in a form that cannot be read'),
            'VersionConflictFault' => new Changed('another version'),
            'SessionExistsFault' => new Changed('the id is taken'),
            'PayloadTooLargeFault' => new TooLarge(
                "the session has $fields->actual bytes, and the service stores $fields->limit at most.",
                (int) $fields->limit,
                (int) $fields->actual,
                $fault,
            ),
            'StoreUnavailableFault' => new Unavailable('the session store does not answer', max(1, (int) $fields->retryAfter), $fault),
            default => $this->general($fault),
        };
    }

    /** Translates what has no type: faults of HTTP, and general ones. */
    private function general(\SoapFault $fault): SessionException
    {
        $text = (string) $fault->faultstring;
        $code = (string) $fault->faultcode;
        if (str_starts_with($text, 'Access denied') || $text === 'Unauthorized' || str_contains($code, 'FailedAuthentication')) {
            return new Denied('the session service refuses the credentials: check the key or password, and the roles', 0, $fault);
        }
        // Only the service says Client. It names the limit or the name that is wrong.
        if (str_ends_with($code, 'Client') && $fault->detail !== null) {
            return new Refused("the session service refuses the session: $text", 0, $fault);
        }
        return new Unavailable('the session service does not answer', 1, $fault);
    }
}
