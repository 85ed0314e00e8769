<?php

declare(strict_types=1);

namespace MemcachedSoap\Laravel;

use Illuminate\Contracts\Auth\Factory;
use Illuminate\Contracts\Session\Session;
use MemcachedSoap\Session\SessionException;
use MemcachedSoap\Session\User;

/** Logs users in and out, for all applications that share the session. */
final class SharedLogin
{
    public function __construct(private readonly Session $session, private readonly Factory $auth)
    {
    }

    /**
     * Logs a user in: sets these attributes and gives the session a new id. Call it only
     * after you have checked who the user is. _utime, the time of the login, is added.
     *
     * @param array<string, mixed> $attributes at least uid; also cn, mail, groups,
     *                                         authenticationLevel and ipAddr
     *
     * @throws \InvalidArgumentException without uid
     * @throws SessionException
     */
    public function login(#[\SensitiveParameter] array $attributes): void
    {
        $user = User::of($attributes) ?? throw new \InvalidArgumentException('memcachedsoap session: a login needs uid');
        if ((User::of($this->session->all())?->uid ?? $user->uid) !== $user->uid) {
            $this->session->flush(); // what another user has left
        }
        $attributes += ['_utime' => time()];
        $this->session->put($attributes);
        $this->session->migrate(true);
        $this->session->regenerateToken();
        $this->store()->login(array_keys($attributes));
        $this->auth->forgetGuards();
    }

    /**
     * Logs the user out: deletes the session.
     *
     * @throws SessionException
     */
    public function logout(): void
    {
        $this->session->invalidate();
        $this->auth->forgetGuards();
    }

    /**
     * Logs a user out everywhere: deletes all sessions with this uid, in all languages.
     * Returns how many there were.
     *
     * @throws SessionException
     */
    public function logoutEverywhere(string $uid): int
    {
        return $this->store()->deleteAll($uid);
    }

    private function store(): SharedStore
    {
        return $this->session instanceof SharedStore
            ? $this->session
            : throw new \LogicException('memcachedsoap session: session.driver is not ' . SharedSessionManager::DRIVER);
    }
}
