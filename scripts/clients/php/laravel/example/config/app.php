<?php

return [
    'name' => 'example',
    'env' => 'production',
    'debug' => false,
    'key' => 'base64:' . base64_encode(hash('sha256', 'only an example', true)),
    'cipher' => 'AES-256-CBC',
    'timezone' => 'UTC',
    'locale' => 'en',
    'fallback_locale' => 'en',
    'providers' => [
        Illuminate\Auth\AuthServiceProvider::class,
        Illuminate\Cookie\CookieServiceProvider::class,
        Illuminate\Encryption\EncryptionServiceProvider::class,
        Illuminate\Filesystem\FilesystemServiceProvider::class,
        Illuminate\Session\SessionServiceProvider::class,
        Illuminate\View\ViewServiceProvider::class,
        MemcachedSoap\Laravel\SharedSessionServiceProvider::class,
    ],
    'aliases' => [],
];
