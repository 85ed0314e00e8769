<?php

declare(strict_types=1);

namespace MemcachedSoap\Session;

/** What a page has changed: attributes by name. */
final class Delta
{
    /**
     * @param array<string, mixed> $set
     * @param list<string>         $remove
     */
    private function __construct(public array $set, public readonly array $remove)
    {
    }

    /**
     * Compares the attributes of a page with those that it has read.
     *
     * @param array<string, mixed> $before
     * @param array<string, mixed> $after
     * @param list<string>         $always names that count as changed
     */
    public static function between(array $before, array $after, array $always = []): self
    {
        $set = [];
        foreach ($after as $name => $value) {
            $name = (string) $name;
            if (!array_key_exists($name, $before) || in_array($name, $always, true) || !Values::equal($before[$name], $value)) {
                $set[$name] = $value;
            }
        }
        return new self($set, array_map(strval(...), array_keys(array_diff_key($before, $after))));
    }

    public function isEmpty(): bool
    {
        return $this->set === [] && $this->remove === [];
    }

    /**
     * Applies the changes of exact attributes to what other pages have stored meanwhile: a
     * number is changed by the same difference. Another value must not have changed.
     *
     * @param list<string>         $exact  names
     * @param array<string, mixed> $before what this page has read
     * @param array<string, mixed> $now    what is stored
     *
     * @throws Conflict
     */
    public function reapply(array $exact, array $before, array $now): void
    {
        foreach ($exact as $name) {
            $read = $before[$name] ?? null;
            $stored = $now[$name] ?? null;
            $gone = in_array($name, $this->remove, true);
            if (Values::equal($read, $stored) || (!$gone && !array_key_exists($name, $this->set))) {
                continue;
            }
            $mine = $this->set[$name] ?? null;
            if ($gone || !self::isCount($read) || !self::isCount($stored) || !self::isCount($mine)) {
                throw new Conflict('session key ' . Names::shown($name) . ' was changed by another page meanwhile');
            }
            $this->set[$name] = $stored + ($mine - $read);
        }
    }

    private static function isCount(mixed $value): bool
    {
        return $value === null || is_int($value) || is_float($value);
    }
}
