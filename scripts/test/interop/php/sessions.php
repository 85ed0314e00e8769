<?php

declare(strict_types=1);

/**
 * Sessions over SOAP as plain PHP values:
 *
 *     string    text, or bytes if XML cannot hold it as text
 *     null      undef
 *     array     a list
 *     stdClass  a hash or a session, as from json_decode
 *
 * Every method can throw a SoapFault. The name of the fault is the name of the
 * property of $fault->detail, such as SessionNotFoundFault.
 */
final class Sessions
{
    /** The client, for operations that need no conversion. */
    public readonly SoapClient $soap;

    public function __construct(string $wsdl, array $options = [])
    {
        // By default PHP caches a WSDL for a day.
        $this->soap = new SoapClient($wsdl, $options + ['cache_wsdl' => WSDL_CACHE_NONE]);
    }

    public function get(string $id): stdClass
    {
        return self::hash($this->soap->getSession(['id' => $id])->getSessionResult->attributes);
    }

    /** Returns the existing sessions, by id. */
    public function getMany(array $ids): array
    {
        $sessions = [];
        $answer = $this->soap->getSessions(['ids' => ['id' => $ids]])->getSessionsResult;
        foreach (self::several($answer->session ?? []) as $session) {
            $sessions[$session->id] = self::hash($session->attributes);
        }
        return $sessions;
    }

    /**
     * Stores a whole session. Without an id the service creates one. With
     * ifVersion it stores the session only if it still has that version. Returns
     * the id, the version and expiresIn, the remaining seconds.
     */
    public function set(?string $id, stdClass $attributes, ?int $ttl = null, ?string $ifVersion = null): object
    {
        $request = ['id' => $id, 'attributes' => self::entries($attributes), 'ttl' => $ttl, 'ifVersion' => $ifVersion];
        return $this->soap->setSession($request)->setSessionResult;
    }

    /** Sets and removes attributes and keeps all others. Returns the same as set. */
    public function update(string $id, stdClass $set, array $remove = [], ?string $ifVersion = null): object
    {
        $request = ['id' => $id, 'set' => self::entries($set), 'remove' => ['key' => $remove], 'ifVersion' => $ifVersion];
        return $this->soap->updateSession($request)->updateSessionResult;
    }

    /** Returns the ids of the sessions of a user. */
    public function find(string $user): array
    {
        return self::ids($this->soap->findSessions(['principal' => $user])->findSessionsResult);
    }

    /** Deletes the sessions of a user and returns their ids. */
    public function logout(string $user): array
    {
        return self::ids($this->soap->deleteSessions(['principal' => $user])->deleteSessionsResult);
    }

    private static function ids(object $list): array
    {
        return (array) ($list->id ?? []);
    }

    private static function entries(stdClass $hash): array
    {
        $entries = [];
        foreach (get_object_vars($hash) as $key => $value) {
            $entries[] = ['key' => (string) $key] + self::element($value);
        }
        return ['entry' => $entries];
    }

    private static function element(string|null|array|stdClass $value): array
    {
        return match (true) {
            $value === null => ['undef' => true],
            is_array($value) => ['list' => ['item' => array_map(self::element(...), $value)]],
            is_object($value) => ['hash' => self::entries($value)],
            self::isText($value) => ['value' => $value],
            default => ['binary' => $value], // PHP encodes and decodes the base64
        };
    }

    private static function isText(string $value): bool
    {
        // SoapClient cuts a text at NUL, and XML cannot hold other control characters.
        return preg_match('/^[\t\n\r\x20-\x{FFFD}\x{10000}-\x{10FFFF}]*$/Du', $value) === 1;
    }

    private static function hash(object $list): stdClass
    {
        $hash = new stdClass();
        foreach (self::several($list->entry ?? []) as $entry) {
            $hash->{$entry->key} = self::value($entry);
        }
        return $hash;
    }

    private static function value(object $element): string|null|array|stdClass
    {
        return match (true) {
            isset($element->value) => $element->value,
            isset($element->binary) => $element->binary,
            isset($element->hash) => self::hash($element->hash),
            isset($element->list) => array_map(self::value(...), self::several($element->list->item ?? [])),
            default => null,
        };
    }

    /** Without SOAP_SINGLE_ELEMENT_ARRAYS a single entry is not an array. */
    private static function several(array|object $elements): array
    {
        return is_array($elements) ? $elements : [$elements];
    }
}
