job "web" {
  datacenters = ["dc1"]
  type        = "service"

  group "web" {
    count = 3

    network {
      port "http" {
        to = 8080
      }
    }

    service {
      name = "web"
      port = "http"

      check {
        type     = "http"
        path     = "/health"
        interval = "10s"
        timeout  = "2s"
      }
    }

    task "server" {
      driver = "docker"

      config {
        image = "registry.example/web:1.4"
        ports = ["http"]
      }

      template {
        data        = <<EOH
{{ range service "db" }}
DB={{ .Address }}
{{ end }}
EOH
        destination = "local/env"
        env         = true
      }

      resources {
        cpu    = 500
        memory = 256
      }
    }
  }
}
