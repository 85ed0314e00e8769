<?php

declare(strict_types=1);

namespace MemcachedSoap\Session;

/**
 * Translates between the keys of the framework's session and the attributes of the stored
 * one. Shared attributes keep their name; any other key K is the attribute APP/K.
 */
final class Names
{
    private const RESERVED = '/\A(?:_session_id|_session_end|_session_kind|_lastSeen|.*_MD5)\z/Ds';

    /** @var array<string, true> */
    private readonly array $shared;

    /**
     * @param list<string> $shared
     * @param string|null  $container the key of an array whose entries are stored one by one,
     *                                and which alone has shared names: Symfony's attributes
     */
    public function __construct(array $shared, private readonly string $app, private readonly ?string $container = null)
    {
        $this->shared = array_fill_keys($shared, true);
    }

    /** Reports whether the service or LemonLDAP::NG uses this name for itself. */
    public static function isReserved(string $key): bool
    {
        return preg_match(self::RESERVED, $key) === 1;
    }

    /**
     * Turns a session of the framework into attributes.
     *
     * @param array<int|string, mixed> $session
     *
     * @return array<string, mixed> by the name of the attribute. PHP makes integers of
     *                              names such as 5, but every name has a letter.
     *
     * @throws Refused for a key that cannot be stored
     */
    public function attributes(array $session): array
    {
        $attributes = [];
        foreach ($session as $key => $value) {
            if ($this->container === null) {
                $attributes[$this->attribute((string) $key)] = $value;
            } elseif ($key !== $this->container || !is_array($value)) {
                $attributes[$this->checked("$this->app:bag/", (string) $key)] = $value;
            } else {
                foreach ($value as $inner => $one) {
                    $attributes[$this->attribute((string) $inner)] = $one;
                }
            }
        }
        return $attributes;
    }

    /**
     * Turns attributes into a session of the framework.
     *
     * @param array<string, mixed> $attributes those that are visible
     *
     * @return array<int|string, mixed>
     */
    public function session(array $attributes): array
    {
        $session = [];
        foreach ($attributes as $name => $value) {
            $name = (string) $name;
            if ($this->container === null) {
                $session[$this->key($name)] = $value;
            } elseif (str_starts_with($name, "$this->app:bag/")) {
                $session[$this->key($name)] = $value;
            } else {
                $session[$this->container][$this->key($name)] = $value;
            }
        }
        return $session;
    }

    /** Reports whether the framework sees an attribute. */
    public function isVisible(string $name): bool
    {
        return isset($this->shared[$name]) || str_starts_with($name, "$this->app/")
            || ($this->container !== null && str_starts_with($name, "$this->app:bag/"));
    }

    /**
     * Returns the attributes that the application has set, without those of the framework.
     *
     * @param array<string, mixed> $attributes
     *
     * @return array<string, mixed>
     */
    public function own(array $attributes): array
    {
        $bag = "$this->app:bag/";
        return array_filter($attributes, static fn ($name) => !str_starts_with((string) $name, $bag), ARRAY_FILTER_USE_KEY);
    }

    /** Returns the attribute of a key. */
    public function attribute(string $key): string
    {
        return isset($this->shared[$key]) ? $key : $this->checked("$this->app/", $key);
    }

    /** Returns the key of a visible attribute. */
    public function key(string $name): string
    {
        return isset($this->shared[$name]) ? $name : substr($name, strpos($name, '/') + 1);
    }

    /** Writes a key for a message: no control characters, and not long. */
    public static function shown(string $key): string
    {
        $text = json_encode(substr($key, 0, 80), JSON_INVALID_UTF8_SUBSTITUTE | JSON_UNESCAPED_SLASHES | JSON_UNESCAPED_UNICODE);
        return strlen($key) > 80 ? substr((string) $text, 0, -1) . '..."' : (string) $text;
    }

    private function checked(string $prefix, string $key): string
    {
        if (self::isReserved($key)) {
            throw new Refused('session key ' . self::shown($key) . ' is reserved: choose another name');
        }
        if (preg_match('//u', $key) !== 1) {
            throw new Refused('session key ' . self::shown($key) . ' is not UTF-8: choose another name');
        }
        return $prefix . $key;
    }
}
