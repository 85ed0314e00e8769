using System;
using MemcachedSoap.Sessions;
using MemcachedSoap.Sessions.AspNetCore;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Session;

namespace Microsoft.Extensions.DependencyInjection
{
    /// <summary>Adds shared sessions to an application.</summary>
    public static class SharedSessionExtensions
    {
        /// <summary>Adds the store of shared sessions.</summary>
        public static IServiceCollection AddSharedSession(this IServiceCollection services, Action<SharedSessionOptions> configure)
        {
            services.Configure(configure);
            services.AddSingleton<SharedSessionStore>();
            services.AddSingleton<ISessionStore>(provider => provider.GetRequiredService<SharedSessionStore>());
            return services;
        }

        /// <summary>Gives each request its shared session. Put it before UseAuthentication, and instead of UseSession.</summary>
        public static IApplicationBuilder UseSharedSession(this IApplicationBuilder app)
        {
            return app.UseMiddleware<SharedSessionMiddleware>();
        }
    }
}
