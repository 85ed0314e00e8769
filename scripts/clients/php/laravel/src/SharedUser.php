<?php

declare(strict_types=1);

namespace MemcachedSoap\Laravel;

use Illuminate\Contracts\Auth\Authenticatable;
use Illuminate\Contracts\Auth\UserProvider;
use Illuminate\Http\Request;
use MemcachedSoap\Session\User;

/** The user of a shared login. */
final class SharedUser implements Authenticatable
{
    private function __construct(private readonly User $user)
    {
    }

    /**
     * Returns the user of a request, or null if nobody is logged in.
     *
     * @param UserProvider|null $users the users of the application: its user has uid as id
     */
    public static function of(Request $request, ?UserProvider $users = null): ?Authenticatable
    {
        $user = $request->hasSession() ? User::of($request->session()->all()) : null;
        if ($user === null) {
            return null;
        }
        return $users === null ? new self($user) : $users->retrieveById($user->uid);
    }

    /** @return list<string> */
    public function groups(): array
    {
        return $this->user->groups;
    }

    /** @return array<string, mixed> the login attributes of the session, such as cn and mail */
    public function attributes(): array
    {
        return $this->user->attributes;
    }

    public function getAuthIdentifierName(): string
    {
        return 'uid';
    }

    public function getAuthIdentifier(): string
    {
        return $this->user->uid;
    }

    /** There is no password: another program has checked who the user is. */
    public function getAuthPassword(): string
    {
        return '';
    }

    public function getAuthPasswordName(): string
    {
        return '';
    }

    public function getRememberToken(): string
    {
        return '';
    }

    public function setRememberToken($value): void
    {
    }

    public function getRememberTokenName(): string
    {
        return '';
    }
}
