<?php

declare(strict_types=1);

namespace MemcachedSoap\Symfony;

use MemcachedSoap\Session\Handler;
use MemcachedSoap\Session\SessionException;
use MemcachedSoap\Session\User;
use Symfony\Component\HttpFoundation\Session\SessionInterface;

/** Logs users in and out, for all applications that share the session. */
final class SharedLogin
{
    public function __construct(private readonly Handler $handler)
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
    public function login(SessionInterface $session, #[\SensitiveParameter] array $attributes): void
    {
        $user = User::of($attributes) ?? throw new \InvalidArgumentException('memcachedsoap session: a login needs uid');
        $session->start();
        if ((User::of($session->all())?->uid ?? $user->uid) !== $user->uid) {
            $session->clear(); // what another user has left
        }
        $attributes += ['_utime' => time()];
        foreach ($attributes as $name => $value) {
            $session->set($name, $value);
        }
        $session->migrate(true);
        $this->handler->login(array_keys($attributes));
    }

    /**
     * Logs the user out: deletes the session.
     *
     * @throws SessionException
     */
    public function logout(SessionInterface $session): void
    {
        $session->invalidate();
    }

    /**
     * Logs a user out everywhere: deletes all sessions with this uid, in all languages.
     * Returns how many there were.
     *
     * @throws SessionException
     */
    public function logoutEverywhere(string $uid): int
    {
        return $this->handler->logoutEverywhere($uid);
    }
}
