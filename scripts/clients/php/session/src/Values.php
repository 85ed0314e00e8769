<?php

declare(strict_types=1);

namespace MemcachedSoap\Session;

/**
 * Translates between PHP values and those of the contract: text, bytes, lists, hashes,
 * undef, and numbers and booleans with their type.
 */
final class Values
{
    private const DEPTH = 64;

    /** What XML cannot represent. */
    private const ILLEGAL = '/[^\x{9}\x{A}\x{D}\x{20}-\x{D7FF}\x{E000}-\x{FFFD}\x{10000}-\x{10FFFF}]/u';

    /**
     * The first byte of a serialized object. It makes the bytes no text, so that they are
     * stored as they are.
     */
    private const PRIVATE = "\xFFphp:";

    /** @param list<class-string> $classes whose objects are stored */
    public function __construct(private readonly array $classes = [])
    {
    }

    /**
     * Encodes an attribute.
     *
     * @param string                $key of the framework, for messages
     * @param array<string, mixed>|object|null $was the stored form that the value replaces. PHP
     *                              has one kind of empty array; other languages have two, and
     *                              an array that was a hash stays one.
     *
     * @return array<string, mixed>
     *
     * @throws Refused
     */
    public function encode(#[\SensitiveParameter] mixed $value, string $key, array|object|null $was = null): array
    {
        if ($this->classes !== [] && ($this->hasObject($value, $key) || is_string($value) && str_starts_with($value, self::PRIVATE))) {
            return ['binary' => self::PRIVATE . serialize($value)];
        }
        return $this->encoded($value, $key, $was, 0);
    }

    /** Decodes an attribute. */
    public function decode(#[\SensitiveParameter] object $stored): mixed
    {
        $value = self::decoded($stored);
        if (!is_string($value) || $this->classes === [] || !str_starts_with($value, self::PRIVATE)) {
            return $value;
        }
        $object = @unserialize(substr($value, strlen(self::PRIVATE)), ['allowed_classes' => $this->classes]);
        // Bytes that another program has stored, or a class that is not allowed any more.
        return $object === false || self::unknownClass($object) !== null ? $value : $object;
    }

    /**
     * Reads what PHP has serialized.
     *
     * @return array<int|string, mixed>
     *
     * @throws Refused
     */
    public function unserialize(#[\SensitiveParameter] string $data): array
    {
        $session = @unserialize($data, ['allowed_classes' => $this->classes === [] ? false : $this->classes]);
        if (!is_array($session)) {
            throw new Refused('the session has a value that cannot be stored: only text, numbers, booleans, null and arrays of them can');
        }
        return $session;
    }

    /** Reports whether two values of a session are the same. */
    public static function equal(mixed $a, mixed $b): bool
    {
        return $a === $b || (is_array($a) || is_object($a)) && serialize($a) === serialize($b);
    }

    /**
     * Refuses what serialize would store as something else, or at which it fails without
     * naming the key.
     *
     * @param array<int|string, mixed> $session
     *
     * @throws Refused
     */
    public static function check(#[\SensitiveParameter] array $session): void
    {
        foreach ($session as $key => $value) {
            self::checkOne($value, (string) $key, 0);
        }
    }

    private static function checkOne(#[\SensitiveParameter] mixed $value, string $key, int $depth): void
    {
        if ($depth > self::DEPTH) {
            throw self::refused($key, 'an array with more than ' . self::DEPTH . ' levels');
        }
        if (is_array($value)) {
            foreach ($value as $inner) {
                if (!is_scalar($inner)) {
                    self::checkOne($inner, $key, $depth + 1);
                }
            }
        } elseif ($value instanceof \Closure) {
            throw self::refused($key, 'a function');
        } elseif (is_resource($value) || gettype($value) === 'resource (closed)') {
            throw self::refused($key, 'a resource');
        }
    }

    /** Writes a name as the contract does. */
    public static function wireName(string $name): string
    {
        return str_starts_with($name, 'base64:') || preg_match(self::ILLEGAL, $name) !== 0 ? 'base64:' . base64_encode($name) : $name;
    }

    /** Reads a name of the contract. */
    public static function name(string $wire): string
    {
        return str_starts_with($wire, 'base64:') ? (string) base64_decode(substr($wire, 7)) : $wire;
    }

    /**
     * @param array<string, mixed>|object|null $was
     *
     * @return array<string, mixed>
     */
    private function encoded(#[\SensitiveParameter] mixed $value, string $key, array|object|null $was, int $depth): array
    {
        return match (true) {
            is_string($value) => preg_match(self::ILLEGAL, $value) === 0 ? ['value' => $value] : ['binary' => $value],
            is_int($value) => ['value' => (string) $value, 'type' => 'int'],
            is_bool($value) => ['value' => $value ? 'true' : 'false', 'type' => 'boolean'],
            $value === null => ['undef' => true],
            is_float($value) => ['value' => self::double($value, $key), 'type' => 'double'],
            is_array($value) => $this->container($value, $key, self::part($was), $depth + 1),
            default => throw self::refused($key, self::kind($value)),
        };
    }

    /**
     * @param array<int|string, mixed> $value
     * @param array{0: array<string, mixed>, 1: bool} $was its entries, and whether it was a hash
     *
     * @return array<string, mixed>
     */
    private function container(array $value, string $key, array $was, int $depth): array
    {
        if ($depth > self::DEPTH) {
            throw self::refused($key, 'an array with more than ' . self::DEPTH . ' levels');
        }
        [$before, $hash] = $was;
        $entries = [];
        if (array_is_list($value) && !$hash) {
            foreach ($value as $i => $one) {
                $entries[] = $this->encoded($one, $key, $before[$i] ?? null, $depth);
            }
            return ['list' => ['item' => $entries]];
        }
        foreach ($value as $name => $one) {
            $name = (string) $name;
            if (preg_match('//u', $name) !== 1) {
                throw self::refused($key, 'an array with a key that is not UTF-8');
            }
            $entries[] = ['key' => self::wireName($name)] + $this->encoded($one, $key, $before[$name] ?? null, $depth);
        }
        return ['hash' => ['entry' => $entries]];
    }

    /**
     * @param array<string, mixed>|object|null $stored
     *
     * @return array{0: array<int|string, mixed>, 1: bool}
     */
    private static function part(array|object|null $stored): array
    {
        $stored = (array) $stored;
        if (isset($stored['list'])) {
            return [((array) $stored['list'])['item'] ?? [], false];
        }
        if (!isset($stored['hash'])) {
            return [[], false];
        }
        $entries = [];
        foreach (((array) $stored['hash'])['entry'] ?? [] as $entry) {
            $entries[self::name((string) ((array) $entry)['key'])] = $entry;
        }
        return [$entries, true];
    }

    private static function decoded(object $stored): mixed
    {
        if (isset($stored->value)) {
            return self::scalar($stored->value, $stored->type ?? '');
        }
        if (isset($stored->binary)) {
            return $stored->binary;
        }
        $array = [];
        if (isset($stored->list)) {
            foreach ($stored->list->item ?? [] as $item) {
                $array[] = self::decoded($item);
            }
            return $array;
        }
        if (isset($stored->hash)) {
            foreach ($stored->hash->entry ?? [] as $entry) {
                $array[self::name($entry->key)] = self::decoded($entry);
            }
            return $array;
        }
        return null;
    }

    private static function scalar(string $text, string $type): mixed
    {
        return match ($type) {
            'int' => filter_var($text, FILTER_VALIDATE_INT, FILTER_NULL_ON_FAILURE) ?? $text,
            'double' => is_numeric($text) ? (float) $text : $text,
            'boolean' => $text === 'true' || $text === '1',
            default => $text,
        };
    }

    private static function double(float $value, string $key): string
    {
        if (!is_finite($value)) {
            throw self::refused($key, is_nan($value) ? 'NaN' : 'an infinite number');
        }
        return (string) json_encode($value, JSON_PRESERVE_ZERO_FRACTION);
    }

    /** Reports whether a value has objects that are stored, and refuses others. */
    private function hasObject(mixed $value, string $key): bool
    {
        if (is_array($value)) {
            $found = false;
            array_walk_recursive($value, function (mixed $inner) use (&$found, $key): void {
                $found = $this->hasObject($inner, $key) || $found;
            });
            return $found;
        }
        if (!is_object($value)) {
            return false;
        }
        $name = self::unknownClass($value) ?? $value::class;
        foreach ($this->classes as $class) {
            if (strcasecmp($name, ltrim($class, '\\')) === 0) {
                return true;
            }
        }
        throw self::refused($key, self::kind($value));
    }

    /** Returns the name of a class that unserialize has not loaded, or null. */
    private static function unknownClass(mixed $value): ?string
    {
        if ($value instanceof \__PHP_Incomplete_Class) {
            return (string) (((array) $value)['__PHP_Incomplete_Class_Name'] ?? 'unknown');
        }
        if (is_array($value) || is_object($value)) {
            foreach ((array) $value as $inner) {
                if (is_array($inner) || is_object($inner)) {
                    $name = self::unknownClass($inner);
                    if ($name !== null) {
                        return $name;
                    }
                }
            }
        }
        return null;
    }

    private static function kind(mixed $value): string
    {
        if (!is_object($value)) {
            return 'a ' . get_debug_type($value);
        }
        return 'an object of the class ' . (self::unknownClass($value) ?? $value::class);
    }

    private static function refused(string $key, string $what): Refused
    {
        return new Refused('session key ' . Names::shown($key) . " has $what, which cannot be shared");
    }
}
