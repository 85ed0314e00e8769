<?php

declare(strict_types=1);

namespace MemcachedSoap\Symfony;

use MemcachedSoap\Session\User;
use Symfony\Component\Security\Core\User\UserInterface;

/**
 * The user of a shared login. It has ROLE_USER, and a role for each group: staff is
 * ROLE_STAFF, and domain-admins ROLE_DOMAIN_ADMINS.
 */
final class SharedUser implements UserInterface
{
    public function __construct(private readonly User $user)
    {
    }

    /** The name of the user. */
    public function getUserIdentifier(): string
    {
        return $this->user->uid;
    }

    /** The name of the user, for Symfony 5. */
    public function getUsername(): string
    {
        return $this->user->uid;
    }

    /** @return list<string> */
    public function getGroups(): array
    {
        return $this->user->groups;
    }

    /** @return array<string, mixed> the login attributes of the session, such as cn and mail */
    public function getAttributes(): array
    {
        return $this->user->attributes;
    }

    /** @return list<string> */
    public function getRoles(): array
    {
        $roles = array_map(
            static fn (string $group): string => 'ROLE_' . strtoupper((string) preg_replace('/[^A-Za-z0-9]+/', '_', $group)),
            $this->user->groups,
        );
        return array_values(array_unique(['ROLE_USER', ...$roles]));
    }

    public function getPassword(): ?string
    {
        return null;
    }

    public function getSalt(): ?string
    {
        return null;
    }

    public function eraseCredentials(): void
    {
    }
}
