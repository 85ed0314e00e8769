<?php

declare(strict_types=1);

namespace MemcachedSoap\Session;

/** The user of a shared login, whichever program has made it. */
final class User
{
    /**
     * @param string                   $uid        the name of the user
     * @param list<string>             $groups
     * @param array<string, mixed>     $attributes the login attributes that the session has
     */
    private function __construct(public readonly string $uid, public readonly array $groups, public readonly array $attributes)
    {
    }

    /**
     * Returns the user of a session, or null if nobody is logged in.
     *
     * @param array<int|string, mixed> $session with the keys of the application
     */
    public static function of(array $session): ?self
    {
        $uid = $session['uid'] ?? null;
        if (!is_string($uid) && !is_int($uid) || (string) $uid === '') {
            return null;
        }
        return new self((string) $uid, self::groups($session['groups'] ?? null), array_intersect_key($session, array_flip(Options::LOGIN)));
    }

    /**
     * Reads groups: a list, or the text of LemonLDAP::NG ("users; staff").
     *
     * @return list<string>
     */
    private static function groups(mixed $groups): array
    {
        $list = is_string($groups) ? explode(';', $groups) : (is_array($groups) ? $groups : []);
        $names = array_map(static fn (mixed $group): string => is_scalar($group) ? trim((string) $group) : '', $list);
        return array_values(array_filter($names, static fn (string $name): bool => $name !== ''));
    }
}
