<?php

// What the example applications of PHP, Symfony and Laravel have in common: values as JSON,
// and the options from the environment.

declare(strict_types=1);

namespace MemcachedSoap\Example;

/**
 * @return array<string, mixed> the options of the adapter
 */
function options(string $app): array
{
    $env = static fn (string $name): ?string => is_string($value = getenv($name)) && $value !== '' ? $value : null;
    $names = static fn (string $list): array => array_values(array_filter(explode(',', $list), static fn (string $name): bool => $name !== ''));
    return [
        'url' => (string) $env('SOAP_URL'),
        'key' => $env('SOAP_KEY'),
        'shared' => $names((string) $env('SHARED')),
        'exact' => $names((string) $env('EXACT')),
        'app' => $env('APP') ?? $app,
        'timeout' => (int) ($env('TIMEOUT') ?? 2),
    ];
}

/** Writes a value as JSON: bytes that are no text are {"base64": "..."}. */
function json(mixed $value): string
{
    return json_encode(shown($value), JSON_THROW_ON_ERROR | JSON_PRESERVE_ZERO_FRACTION | JSON_UNESCAPED_UNICODE | JSON_UNESCAPED_SLASHES);
}

function shown(mixed $value): mixed
{
    if (is_string($value)) {
        return preg_match('//u', $value) === 1 ? $value : ['base64' => base64_encode($value)];
    }
    return is_array($value) ? array_map(shown(...), $value) : $value;
}

/** Reads a value from JSON. */
function value(string $json): mixed
{
    return read(json_decode($json, true, 512, JSON_THROW_ON_ERROR));
}

function read(mixed $value): mixed
{
    if (!is_array($value)) {
        return $value;
    }
    if (array_keys($value) === ['base64'] && is_string($value['base64'])) {
        return base64_decode($value['base64'], true);
    }
    return array_map(read(...), $value);
}

/**
 * @return array<string, mixed> the attributes of a login
 */
function login(string $uid): array
{
    return [
        'uid' => $uid,
        'cn' => "Name of $uid",
        'mail' => "$uid@example.com",
        'groups' => ['users', 'staff'],
        'authenticationLevel' => 2,
        '_utime' => time(),
    ];
}
