<?php

declare(strict_types=1);

namespace MemcachedSoap\Session;

/**
 * The settings of an adapter. Each is a key of the array that of() takes; the table in
 * README.md describes them.
 */
final class Options
{
    /** Login attributes: every program sees them, whatever its own prefix is. */
    public const LOGIN = ['uid', 'cn', 'mail', 'groups', 'authenticationLevel', '_utime', 'ipAddr'];

    private const DEFAULTS = [
        'url' => '', 'key' => null, 'user' => null, 'password' => null, 'caFile' => null, 'timeout' => 2,
        'cookie' => [], 'ttl' => null, 'lifetime' => null, 'shared' => [], 'app' => 'php', 'exact' => [],
        'objects' => [], 'anonymous' => false, 'buffer' => true, 'log' => null,
    ];

    private const COOKIE = [
        'name' => 'sessionid', 'lifetime' => 0, 'path' => '/', 'domain' => '', 'secure' => null,
        'httponly' => true, 'samesite' => 'Lax',
    ];

    /**
     * @param list<string>                    $shared attributes that keep their name
     * @param list<string>                    $exact  keys that are changed with ifVersion
     * @param list<class-string>              $objects classes whose objects are stored as private bytes
     * @param bool|list<string>               $anonymous whether pages go on without the service, or their paths
     * @param array<string, mixed>            $cookie
     * @param (\Closure(string): void)|null   $log
     */
    private function __construct(
        public readonly string $url,
        public readonly ?string $key,
        public readonly ?string $user,
        public readonly ?string $password,
        public readonly ?string $caFile,
        public readonly int $timeout,
        public readonly array $cookie,
        private readonly ?int $ttl,
        public readonly ?int $lifetime,
        public readonly array $shared,
        public readonly string $app,
        public readonly array $exact,
        public readonly array $objects,
        private readonly bool|array $anonymous,
        public readonly bool $buffer,
        private readonly ?\Closure $log,
    ) {
    }

    /**
     * Checks settings and fills in what is absent.
     *
     * @param array<string, mixed> $given
     *
     * @throws \InvalidArgumentException for a setting that does not exist or cannot work
     */
    public static function of(#[\SensitiveParameter] array $given): self
    {
        $o = self::known($given, self::DEFAULTS, 'option');
        $cookie = self::known($o['cookie'], self::COOKIE, 'cookie option');
        $cookie['secure'] ??= !in_array($_SERVER['HTTPS'] ?? '', ['', 'off'], true);
        self::check((bool) preg_match('~\Ahttps?://[^/]~i', (string) $o['url']), 'url must be an http or https URL');
        self::check(is_int($o['timeout']) && $o['timeout'] >= 1, 'timeout must be a whole number of seconds, 1 or more');
        self::check($o['ttl'] === null || self::isTime($o['ttl']) || $o['ttl'] === -1, 'ttl must be seconds, or -1');
        self::check($o['lifetime'] === null || self::isTime($o['lifetime']), 'lifetime must be a number of seconds');
        self::check((bool) preg_match('/\A[A-Za-z0-9_.-]{1,32}\z/', (string) $o['app']), 'app must be 1 to 32 letters, digits, "_", "." or "-"');
        self::check($o['caFile'] === null || is_readable($o['caFile']), 'caFile cannot be read');
        self::check(($o['user'] === null) === ($o['password'] === null), 'user and password belong together');
        self::check($o['key'] === null || $o['user'] === null, 'use either key or user and password');
        self::check(!preg_match('/[\r\n]/', (string) $o['key']), 'key must be one line');
        foreach ($o['shared'] as $name) {
            self::check(is_string($name) && $name !== '' && !str_contains($name, '/') && !Names::isReserved($name), 'shared has a name that cannot be shared');
        }
        return new self(
            $o['url'], $o['key'], $o['user'], $o['password'], $o['caFile'], $o['timeout'], $cookie, $o['ttl'],
            $o['lifetime'], array_values(array_unique([...self::LOGIN, ...$o['shared']])), $o['app'], $o['exact'],
            $o['objects'], $o['anonymous'], $o['buffer'], $o['log'] === null ? null : \Closure::fromCallable($o['log']),
        );
    }

    /** The idle time in seconds that each page gives the session; -1 means that it never expires. */
    public function ttl(): int
    {
        $ttl = $this->ttl ?? (int) ini_get('session.gc_maxlifetime');
        self::check($ttl > 0 || $ttl === -1, 'session.gc_maxlifetime must be positive');
        return min($ttl, 2147483647);
    }

    /** Whether the page goes on with an empty session while the service does not answer. */
    public function anonymous(): bool
    {
        if (is_bool($this->anonymous)) {
            return $this->anonymous;
        }
        $path = rawurldecode((string) strtok((string) ($_SERVER['REQUEST_URI'] ?? ''), '?'));
        // A path such as /public/../account is that of another page.
        if (preg_match('~(?:\A|/)\.\.?(?:/|\z)|//|\\\\~', $path)) {
            return false;
        }
        foreach ($this->anonymous as $pattern) {
            if (str_ends_with($pattern, '*') ? str_starts_with($path, substr($pattern, 0, -1)) : $path === $pattern) {
                return true;
            }
        }
        return false;
    }

    /** Writes a line to the log. */
    public function log(string $message): void
    {
        $this->log === null ? error_log("memcachedsoap: $message") : ($this->log)($message);
    }

    /**
     * @param array<string, mixed> $given
     * @param array<string, mixed> $defaults
     *
     * @return array<string, mixed>
     */
    private static function known(#[\SensitiveParameter] array $given, array $defaults, string $what): array
    {
        foreach (array_keys($given) as $name) {
            self::check(array_key_exists($name, $defaults), "$what $name does not exist");
        }
        return $given + $defaults;
    }

    private static function isTime(mixed $value): bool
    {
        return is_int($value) && $value > 0 && $value <= 2147483647;
    }

    private static function check(bool $ok, string $problem): void
    {
        if (!$ok) {
            throw new \InvalidArgumentException("memcachedsoap session: $problem");
        }
    }
}
